"""`?from=&to=`: an interval of time, as several resources are asked for it."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from orchestrator.api.endpoint import Query
from rooms.errors import Invalid

LONGEST = timedelta(days=400)
FIRST_YEAR, LAST_YEAR = 1970, 2199


def _of_our_time(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
"""An instant with its offset, far enough from the ends of the calendar to be reckoned with."""


class Interval(Query):
    """From an instant to a later one."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]

    def checked(self) -> "Interval":
        """Itself; Invalid("bad-interval") when it is empty or longer than 400 days."""
        if not timedelta(0) < self.end - self.start <= LONGEST:
            raise Invalid("bad-interval")
        return self
