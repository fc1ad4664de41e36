"""The exceptions of the house. Each message names the thing and the remedy."""


class SettingsError(Exception):
    """A setting is unknown, wrong, contradictory or unsafe. Never carries the value of a secret."""


class StoreError(Exception):
    """The store cannot be used as asked."""


class StoreUnavailable(StoreError):
    """The store did not answer in time; what was asked may be asked again."""


class StoreBusy(StoreError):
    """A transaction met others on the same documents until its attempts ran out; nothing was written."""


class StoreRefused(StoreError):
    """The store answers, and is not one that can be worked with."""


class MigrationsPending(StoreRefused):
    """The stored documents are older than this program."""


class EmbeddedFailed(StoreError):
    """The embedded server could not be started."""


class Erased(StoreError):
    """What was asked for was encrypted with a key that is no more; nothing brings it back."""

    def __init__(self) -> None:
        super().__init__("The key of this person was erased.")


class Answer(Exception):
    """A refusal that the caller is told: ``code`` as in the graph's conventions, and a message without internals."""

    code = "INVALID"


class NotFound(Answer):
    """Absent, or not in the caller's scope: the same answer."""

    code = "NOT_FOUND"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind} for you. Check the id, or sign in with other rights.")


class Forbidden(Answer):
    """In scope, and the caller may not do this."""

    code = "FORBIDDEN"

    def __init__(self, kind: str, action: str) -> None:
        super().__init__(f"You may see this {kind}, and may not {action} it. Ask someone of the department.")
        self.action = action


class Invalid(Answer):
    """An argument is wrong."""

    code = "INVALID"


class LimitReached(Answer):
    """A limit of the service bites."""

    code = "LIMIT"


class Unauthenticated(Answer):
    """The credentials are missing or no good."""

    code = "UNAUTHENTICATED"


class NotAllowed(Answer):
    """The credentials are good, and not for this: a scope is missing, or the request came from another site."""

    code = "FORBIDDEN"

    def __init__(self, message: str, scope: str | None = None) -> None:
        super().__init__(message, 403)
        self.scope = scope


class SignInRefused(Unauthenticated):
    """Somebody proved who they are and may not come in; ``reason`` is one word, such as suspended."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"You are not signed in ({reason}): ask the department")
        self.reason = reason


class Unavailable(Answer):
    """The service cannot answer now; asking again later may work."""

    code = "UNAVAILABLE"


class Internal(Answer):
    """The fault is here: it is logged under the request id, and not told."""

    code = "INTERNAL"
