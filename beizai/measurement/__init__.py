"""What it brought: campaign reports with their profit, the year, key figures of the home page, and what to do this week."""
