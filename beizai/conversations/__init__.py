"""What customers say to the shop: talks, questions, wishes, complaints; what they told of themselves is proposed for the card."""
