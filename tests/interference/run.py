"""One run of the harness: worlds, requests and findings for some callers."""

import random
from dataclasses import dataclass, field

from tests.interference.asking import Asker
from tests.interference.coverage import Coverage
from tests.interference.intake import intake, opens
from tests.interference.pair import NoOtherWorld, Pair, paired
from tests.interference.profiles import Profile
from tests.interference.twin import SIDES, Finding, Twin
from tests.interference.world import build

# How many of the requests change something, at least and at most: as many as there are changes among the places that
# were asked for less often than they should be.
CHANGES = (0.3, 0.85)
OTHERS_FIRST = 0.06
OTHERS_BEFORE = 3
FURTHER = 1_000_000
MOST_FURTHER = 3


def _made(profile: Profile, seed: int) -> Pair:
    """Two worlds for a caller: those of the seed, or of one further on where it gives none."""
    for further in range(MOST_FURTHER):
        world, values = build(seed + further * FURTHER)
        try:
            return paired(profile.caller(values.ids), world, values)
        except NoOtherWorld:
            continue
    msg = f"No seed from {seed} on gives two worlds for {profile.name}"
    raise AssertionError(msg)


@dataclass
class Run:
    """What was asked and found so far."""

    twin: Twin
    coverage: Coverage = field(default_factory=Coverage)
    findings: list[Finding] = field(default_factory=list)
    most: int = 1

    async def worlds(self, profile: Profile, seed: int, requests: int) -> None:
        """Make two worlds for a caller, and ask both so often; ends early when enough is found."""
        pair = _made(profile, seed)
        caller = pair.caller
        await self.twin.load(pair)
        rng = random.Random(seed)  # noqa: S311  # what is drawn guards nothing
        schema = (await self.twin.views["left"].schemas.of(self.twin.views["left"].context(caller).mask))._schema
        asker = Asker(schema, pair, self.coverage, profile.name, rng)
        other = profile.caller(pair.ids, other=True)
        before = Asker(schema, pair, Coverage(), profile.name, random.Random(seed))  # noqa: S311  # as above
        for _ in range(OTHERS_BEFORE):
            # Someone else with the same roles asks first, on one side only: nothing decided for them may be kept.
            await self.twin.ask(rng.choice(SIDES), other, before.query())
        await self._refusals(profile, pair, asker)
        if opens(profile) and (told := await intake(self.twin, profile, rng)) is not None:
            self.findings.append(told)
        for _ in range(requests):
            if len(self.findings) >= self.most:
                return
            changes = schema.mutation_type and rng.random() < min(max(asker.unchanged(), CHANGES[0]), CHANGES[1])
            request = asker.mutation() if changes else asker.query()
            if rng.random() < OTHERS_FIRST and not request.changes:
                await self.twin.ask(rng.choice(SIDES), other, request)
            finding, data = await self.twin.compare(profile.name, caller, request)
            asker.learn(data)
            if finding is not None:
                self.findings.append(finding)

    async def _refusals(self, profile: Profile, pair: Pair, asker: Asker) -> None:
        """Ask by every door for a record out of sight, and for one that is not there."""
        for unseen, absent, ids in asker.refusals():
            finding = await self.twin.refusal(profile.name, pair.caller, unseen, absent, ids)
            if finding is not None:
                self.findings.append(finding)
                return
