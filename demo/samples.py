"""Queries to begin with on the query page, dated around a day; the tests run them."""

from datetime import date, timedelta
from typing import Any


def _day(today: date, after: int) -> str:
    return (today + timedelta(days=after)).isoformat()


def samples(today: date, visit: str) -> list[dict[str, Any]]:
    """The samples on a day, with the id of a visit for those that ask for one."""
    return [
        {
            "title": "Who am I?",
            "roles": [],
            "query": """query WhoAmI {
  viewer {
    name
    roles
    partner { code name { en } }
    units { code name { az en } }
  }
}
""",
            "variables": {},
        },
        {
            "title": "The next visits",
            "roles": ["member", "coordinator", "host", "officer", "head", "leadership", "finance", "auditor"],
            "query": """query NextVisits($from: Date!) {
  delegations(
    where: { dates: { start: { gte: $from } }, status: { notIn: [CANCELLED, DECLINED] } }
    orderBy: { dates: ASC }
    first: 10
  ) {
    totalCount
    nodes {
      code
      status
      level
      title { az en ru }
      dates { start end }
      partners { role partner { code name { en } country } }
      hostUnits { code name { az } }
      withheld
    }
    pageInfo { hasNextPage endCursor }
  }
}
""",
            "variables": {"from": _day(today, -30)},
        },
        {
            "title": "What happens these days",
            "roles": ["anonymous", "member"],
            "query": """query TheseDays($from: Date!, $to: Date!) {
  happenings(from: $from, to: $to) {
    nodes { kind slug title { in(language: AZ) } summary { in(language: AZ) } place start end }
    endCursor
    hasNextPage
  }
}
""",
            "variables": {"from": _day(today, -7), "to": _day(today, 30)},
        },
        {
            "title": "What waits, and what is overdue",
            "roles": ["officer", "coordinator", "head"],
            "query": """query Due($to: Date!) {
  due(to: $to, first: 20) {
    due
    overdue
    name
    what
    text { az en }
    whose { givenName familyName }
    record { id ... on Delegation { code title { en } } }
  }
}
""",
            "variables": {"to": _day(today, 30)},
        },
        {
            "title": "What I host",
            "roles": ["host"],
            "query": """query MyHosting($from: Date!, $to: Date!) {
  myHosting(from: $from, to: $to) {
    item
    day
    title { az en }
    start
    end
    place { venue room }
    answer
    itinerary { id }
    visit { code title { en } members { person { givenName familyName } } }
  }
}
""",
            "variables": {"from": _day(today, 0), "to": _day(today, 60)},
        },
        {
            "title": "When does a meeting fit?",
            "roles": ["officer", "coordinator", "head"],
            "query": """query Slots($from: Date!, $to: Date!) {
  suggestSlots(
    from: $from
    to: $to
    first: 3
    meeting: { title: "Talks on a joint degree", minutes: 60, people: 8, languages: ["ru"] }
  ) {
    suggestions { start end venue { name { en } } roomName interpreter { name { en } } reasons }
    relax
  }
}
""",
            "variables": {"from": _day(today, 7), "to": _day(today, 14)},
        },
        {
            "title": "A visit as it was yesterday: change it, and ask again",
            "roles": ["officer", "head", "auditor"],
            "query": """query AsItWas($id: ID!, $at: DateTime!) {
  now: delegation(id: $id) { status title { en } dates { start end } }
  then: delegation(id: $id, asOf: $at) { status title { en } dates { start end } }
}
""",
            "variables": {"id": visit, "at": f"{_day(today, -1)}T12:00:00Z"},
        },
        {
            "title": "Figures",
            "roles": ["member", "officer", "head", "leadership"],
            "query": """query Figures($year: Int!) {
  delegationStats(by: { direction: true, dates: QUARTER }) {
    total
    groups { count key { direction dates } }
  }
  visitFigures(year: $year) {
    visits { quarter direction visits }
    guests { country guests }
  }
}
""",
            "variables": {"year": today.year},
        },
        {
            "title": "A visit, whole",
            "roles": ["officer", "head"],
            "query": """query Visit {
  delegations(where: { status: { in: [CONFIRMED, IN_PROGRESS, PLANNING] } }, first: 1) {
    nodes {
      code
      title { en }
      purpose { en }
      members {
        precedence
        head
        badgeName
        person { givenName familyName titles form: formOfAddress { en } }
        arrival { carrier number airport at }
      }
      counterparts { precedence person { givenName familyName } }
      budget { line amount { amount currency } }
      itineraries {
        code
        status
        days {
          date
          items { kind title { en } start end place { venue room } hosts { answer person { familyName } } audience }
        }
        clashes { item resource why hard start end other { code } }
      }
      revision
      permitted
      history(first: 5) { nodes { at action by { familyName } changes { path before after } } }
    }
  }
}
""",
            "variables": {},
        },
        {
            "title": "Our programme, as it was issued",
            "roles": ["partner", "portal"],
            "query": """query OurProgramme {
  itineraryIssues(orderBy: { number: DESC }, first: 5) {
    nodes {
      number
      status
      title { en }
      delegation { code title { en } dates { start end } members { badgeName head } }
      days { date items { title { en } start end place { venue room } dress attendees { person { familyName } } } }
      differences { type day title { en } changes { path before after } }
    }
  }
}
""",
            "variables": {},
        },
        {
            "title": "What the public may see",
            "roles": ["anonymous"],
            "query": """query Public {
  delegations(first: 10) { nodes { slug publishedFrom summary { az en ru } } }
  units(first: 5, orderBy: { nameAz: ASC }) { nodes { code type name { az en ru } } }
  partners(first: 5) { nodes { name { en } country website } }
}
""",
            "variables": {},
        },
        {
            "title": "Find by name, in any script",
            "roles": ["member", "officer", "head"],
            "query": """query Find($words: String!) {
  persons(search: $words, first: 5) { nodes { code givenName familyName unit { code } } }
  partners(search: $words, first: 5) { nodes { code name { en } city country } }
}
""",
            "variables": {"words": "кам"},
        },
        {
            "title": "Why can't I see this?",
            "roles": ["member", "officer", "coordinator"],
            "query": """query Why($id: ID!) {
  access(id: $id, field: "budget.amount") { readable label rule remedy }
}
""",
            "variables": {"id": visit},
        },
    ]
