"""The work that is measured: what is asked, as whom, and under which names the contenders know it."""

from dataclasses import dataclass
from typing import Any

from bench.records import Records

FIRST = 50

_TEXT = "{ az en ru }"
_ITEM = f"""id kind title {_TEXT} start end zone place {{ venue room address }} hosts {{ id answer }}
  transfer {{ vehicle flight destination }} dress menu {_TEXT} flags photographer status"""
_LEG = "{ carrier number airport at zone }"

PAGE = f"""query Page($first: Int!, $after: String) {{
  delegations(first: $first, after: $after) {{ nodes {{
    id code status level direction title {_TEXT} dates {{ start end }}
    members {{
      id precedence head badgeName arrival {_LEG} departure {_LEG} interpreter {{ source target mode }}
    }}
    itineraries {{ id status title {_TEXT} days {{ id date title {_TEXT} items {{ {_ITEM} }} }} }}
  }} }}
}}"""
ONE = """query One($id: ID!) {
  delegation(id: $id) {
    id code status direction level restricted title { en } dates { start } orderNumber confirmedAt
  }
}"""
REFERENCES = f"""query References($first: Int!, $after: String) {{
  delegations(first: $first, after: $after) {{ nodes {{
    id code partners {{ role partner {{ id code name {_TEXT} country city website }} }}
    budget {{ line amount {{ amount currency }} }}
  }} }}
}}"""
COUNT = "query Count { delegations { totalCount } }"
ISSUES = f"""query Issues($first: Int!, $after: String) {{
  itineraryIssues(first: $first, after: $after) {{ nodes {{
    id code number status title {_TEXT}
    days {{ id date title {_TEXT} items {{ {_ITEM} attendees {{ id seat }} }} }}
  }} }}
}}"""
ISSUE = f"""query Issue($id: ID!) {{
  itineraryIssue(id: $id) {{ __typename id code status number title {_TEXT} issuedAt publishedFrom }}
}}"""
ISSUE_REFERENCES = f"""query IssueReferences($first: Int!, $after: String) {{
  itineraryIssues(first: $first, after: $after) {{ nodes {{
    id code number
    days {{ id items {{ id kind attendees {{ id seat partner {{ id code name {_TEXT} country city website }} }} }} }}
  }} }}
}}"""
ISSUE_COUNT = "query IssueCount { itineraryIssues { totalCount } }"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that is asked. ``deep`` names the kind whose deep place is asked for."""

    name: str
    account: str
    floor: str
    query: str
    variables: dict[str, Any]
    deep: str | None = None


def works(made: Records, officer: str = "officer", partner: str = "partner") -> list[Work]:
    """Every work, as officer and as partner."""
    window = {"first": FIRST}
    visit = made.visit(made.stride, 7)
    whose = 1 if partner == "guest" else 2
    issue = made.issue(made.stride * whose, 7)
    return [
        Work("page of 50 with members and plans", officer, "page", PAGE, window),
        Work("deep page", officer, "page", PAGE, window, deep="Delegation"),
        Work("one by id", officer, "one", ONE, {"id": visit}),
        Work("page with partner references", officer, "references", REFERENCES, window),
        Work("totalCount", officer, "count", COUNT, {}),
        Work("page of 50 issues with days", partner, "issues", ISSUES, window),
        Work("deep page of issues", partner, "issues", ISSUES, window, deep="ItineraryIssue"),
        Work("one issue by id", partner, "issue", ISSUE, {"id": issue}),
        Work("page of issues with partner references", partner, "issue-references", ISSUE_REFERENCES, window),
        Work("totalCount of issues", partner, "issue-count", ISSUE_COUNT, {}),
    ]
