"""The scalars of the graph that GraphQL itself lacks. What the store keeps is what is answered."""

from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Date = NewType("Date", str)
DateTime = NewType("DateTime", datetime)
LocalTime = NewType("LocalTime", str)
DecimalNumber = NewType("DecimalNumber", Decimal)


# What the store's decimal numbers hold.
MOST_DIGITS = 34


def _text(value: Any, form: str) -> str:
    if not isinstance(value, str) or len(value) > 64:
        msg = f"expected {form}"
        raise GraphQLError(msg)
    return value


def _parse_date(value: Any) -> str:
    text = _text(value, "a day such as 2026-05-04")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        msg = f"“{text}” is no day of the calendar: write it as 2026-05-04"
        raise GraphQLError(msg) from error


def _parse_instant(value: Any) -> datetime:
    text = _text(value, "an instant such as 2026-05-04T09:00:00Z")
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"“{text}” is no instant: write it in UTC as 2026-05-04T09:00:00Z"
        raise GraphQLError(msg) from error
    if parsed.tzinfo is None:
        msg = f"“{text}” has no zone: write it in UTC as 2026-05-04T09:00:00Z, or with its offset"
        raise GraphQLError(msg)
    try:
        parsed = parsed.astimezone(UTC)
    except OverflowError as error:
        msg = f"“{text}” lies outside the calendar"
        raise GraphQLError(msg) from error
    return parsed.replace(microsecond=parsed.microsecond // 1000 * 1000)


def _parse_time(value: Any) -> str:
    text = _text(value, "a time of day such as 09:30")
    try:
        parsed = time.fromisoformat(text)
    except ValueError as error:
        msg = f"“{text}” is no time of day: write it as 09:30"
        raise GraphQLError(msg) from error
    return parsed.replace(tzinfo=None).isoformat()


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 40:
        msg = 'expected a decimal number, best as a string such as "1250.00"'
        raise GraphQLError(msg)
    try:
        parsed = Decimal(str(value))
    except InvalidOperation as error:
        msg = f'“{value}” is no decimal number: write it as "1250.00"'
        raise GraphQLError(msg) from error
    if not parsed.is_finite():
        msg = f"“{value}” is no finite number"
        raise GraphQLError(msg)
    if len(parsed.as_tuple().digits) > MOST_DIGITS or abs(parsed.adjusted()) > MOST_DIGITS:
        msg = f"“{value}” has more than {MOST_DIGITS} digits: round it"
        raise GraphQLError(msg)
    return parsed


SCALARS: dict[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date", description="A day of the calendar (ISO 8601), such as `2026-05-04`.", parse_value=_parse_date
    ),
    # An instant is answered as it is stored; the response encoder writes it in UTC with a Z.
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC (RFC 3339), such as `2026-05-04T09:00:00Z`.",
        parse_value=_parse_instant,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime", description="A time of day (ISO 8601), such as `09:30:00`.", parse_value=_parse_time
    ),
    DecimalNumber: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string, such as `"1250.00"`; nothing is rounded.',
        serialize=str,
        parse_value=_parse_decimal,
    ),
}

LEAVES: dict[type, object] = {date: Date, datetime: DateTime, time: LocalTime, Decimal: DecimalNumber}
