"""Forms: surveys, quizzes, votes, contests, sign-ups and order enquiries that customers fill in, and what becomes of the answers."""
