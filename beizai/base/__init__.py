"""The ground every room stands on: errors, money, time, ids, contact points, signed tokens, the home, personal data."""
