"""Days that come round every year: birthdays and the like."""

from datetime import date, timedelta


def anniversary(day: date, year: int) -> date:
    """The day's return in a year; 29 February is kept on the 28th where there is none.

    >>> anniversary(date(2024, 2, 29), 2026)
    datetime.date(2026, 2, 28)
    """
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def month_days(first: date, days: int) -> frozenset[int]:
    """Month and day (month x 100 + day) of everyone whose day returns in the `days` days from `first` on.

    >>> sorted(month_days(date(2026, 2, 28), 2))
    [228, 229, 301]
    """
    found = set()
    for ahead in range(min(days, 366)):
        day = first + timedelta(days=ahead)
        found.add(day.month * 100 + day.day)
        if (day.month, day.day) == (2, 28) and anniversary(date(2024, 2, 29), day.year) == day:
            found.add(229)
    return frozenset(found)
