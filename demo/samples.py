"""Queries to begin with on the query page; the documentation shows them and the tests run them."""

from typing import Any

SAMPLES: list[dict[str, Any]] = [
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
        "variables": {"from": "2026-01-01"},
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
        clashes { item resource hard start end other { code } }
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
        "variables": {"words": "ank"},
    },
    {
        "title": "Why can't I see this?",
        "roles": ["member", "officer", "coordinator"],
        "query": """query Why($id: ID!) {
  access(id: $id, field: "budget.amount") { readable label rule remedy }
}
""",
        "variables": {"id": "paste the id of a delegation here"},
    },
]
