"""The ledger of everything sent or not sent, and why: arbitration, the sending worker's journal, bounces."""
