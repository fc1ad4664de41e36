"""What is asked in the story of a rector's visit."""

ROOMS = "query Rooms($id: ID!) { venue(id: $id) { rooms { id name } } }"

ENTERED = """
{ intakeSubmissions { nodes { id status givenName familyName diet needsStepFree arrival { number at } } } }"""

CHECK = """
mutation Check($id: ID!) {
  checkIntakeSubmission(id: $id) { intakeSubmission { status diet person { id } } problems { code path message } }
}"""

READ_VISIT = """
query ReadTheVisit($id: ID!) {
  delegation(id: $id) {
    revision
    members { id precedence head badgeName interpreter { source target } person { id givenName familyName } }
  }
}"""

CHANGE_MEMBERS = """
mutation ChangeMembers($id: ID!, $revision: String!, $members: MemberListPatch!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { members: $members }) {
    delegation { members { precedence } } problems { code path message }
  }
}"""

DIET = "query Diet($id: ID!) { person(id: $id) { diet needsStepFree } }"

COPY = """
mutation CopyTheDay($id: ID!, $delegation: ID!) {
  copyCulturalProgramme(id: $id, delegation: $delegation) {
    culturalProgramme { id stops { id title { en } } } problems { code path message }
  }
}"""

FITS = """
query DoesItFit($id: ID!) {
  culturalProgramme(id: $id) { revision fits { stop tooSmallBy notStepFree } }
}"""

CHANGE_STOPS = """
mutation ChangeStops($id: ID!, $revision: String!, $stops: StopListPatch!) {
  updateCulturalProgramme(id: $id, ifRevision: $revision, patch: { stops: $stops }) {
    culturalProgramme { id } problems { code path message }
  }
}"""

PLACE = """
mutation PlaceTheDay($id: ID!, $itinerary: ID!, $on: Date!, $revision: String!) {
  placeCulturalProgramme(id: $id, itinerary: $itinerary, on: $on, ifRevision: $revision) {
    itinerary { status } problems { code path message }
  }
}"""

READ_DAYS = """
query ReadTheDays($id: ID!) {
  itinerary(id: $id) {
    status
    revision
    days {
      id
      date
      items {
        id
        title { en }
        status
        start
        hosts { person { id } answer substitute { id } }
        attendees { person { familyName } seat }
      }
    }
  }
}"""

ASKED_TO_HOST = """
query AskedToHost { myHosting(from: "2026-06-01", to: "2026-06-03") { item title { en } answer itinerary { id } } }"""

ANSWER = """
mutation AnswerAHost($id: ID!, $item: ID!, $answer: HostAnswer!, $substitute: ID) {
  answerHosting(id: $id, item: $item, answer: $answer, substitute: $substitute) {
    itinerary { id } problems { code path message }
  }
}"""

ISSUE_VISIT = """
mutation IssueTheVisit($id: ID!) {
  issueDelegation(id: $id) { delegation { issuedAt } problems { path message } }
}"""

BADGES = """
mutation WriteBadges($id: ID!, $revision: String!) {
  writeBadges(id: $id, ifRevision: $revision) {
    delegation { members { badgeName } } problems { code path message }
  }
}"""

DELAY = """
mutation TheFlightIsLate($id: ID!, $revision: String!, $day: ID!, $item: ID!, $minutes: Int!) {
  delayItinerary(id: $id, ifRevision: $revision, day: $day, item: $item, minutes: $minutes) {
    itinerary { status } problems { code path message }
  }
}"""

REPLACE_HEAD = """
mutation SomebodyElseLeads($id: ID!, $member: ID!, $revision: String!) {
  replaceHead(id: $id, member: $member, ifRevision: $revision) { delegation { id } problems { code path message } }
}"""

ISSUED = """
query WhatWasIssued($number: Int!) {
  itineraryIssues(where: { number: { eq: $number } }) {
    nodes {
      status
      days { items { title { en } start people { part name } place { venue room } attendees { seat } } }
      differences { type title { en } changes { path before after } }
    }
  }
}"""

FILE = """
mutation FileThem($ids: [ID!]!, $reason: String!) {
  revealPersons(ids: $ids, reason: $reason, fields: [PASSPORTS]) {
    revealed { id passports { number country } medicalNotes } problems { code path }
  }
}"""

WHO_SAW = """
query WhoSawMyData($id: ID!) { person(id: $id) { disclosures { reason paths by { familyName } } } }"""
