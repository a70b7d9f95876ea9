"""What each customer is worth and where they stand: RFM, the pyramid, stages, types, tiers, and the reason for each label."""
