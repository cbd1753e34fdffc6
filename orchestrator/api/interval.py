"""`?from=&to=`: an interval of time, as several resources are asked for it."""

from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from orchestrator.api.endpoint import Query
from rooms.errors import Invalid

LONGEST = timedelta(days=400)


class Interval(Query):
    """From an instant to a later one."""

    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]

    def checked(self) -> "Interval":
        """Itself; Invalid("bad-interval") when it is empty or longer than 400 days."""
        if not timedelta(0) < self.end - self.start <= LONGEST:
            raise Invalid("bad-interval")
        return self
