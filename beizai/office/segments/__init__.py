"""The pages on which a marketer says whom they mean, and sees at once who that is and why."""
