"""What is wrong with the providers as they are configured, and how to mend it: asked of them now."""

from auth.discovery import read_metadata
from auth.keys import read_keys
from auth.outbound import Outbound, ProviderDown
from auth.provider import Provider, load_providers
from settings import Settings


async def check_providers(settings: Settings) -> list[str]:
    """A sentence for each thing that is wrong with a provider. Raises SettingsError for wrong settings."""
    outbound = Outbound()
    try:
        found = [await _wrong(provider, outbound, settings) for provider in load_providers(settings).values()]
    finally:
        await outbound.close()
    return [sentence for sentences in found for sentence in sentences]


async def _wrong(provider: Provider, outbound: Outbound, settings: Settings) -> list[str]:
    address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        told = await outbound.get(address)
        metadata = read_metadata(provider, told)
    except ProviderDown as error:
        return [f"Provider {provider.name}: {address}: {error}. Compare issuer with what the provider calls itself."]
    problems = []
    try:
        keys = read_keys(await outbound.get(metadata.jwks_uri))
    except ProviderDown as error:
        problems.append(f"Provider {provider.name}: {metadata.jwks_uri}: {error}. Ask who runs the provider.")
    else:
        named = {key.get("alg") for key in keys.values()} - {None}
        if named and named.isdisjoint(provider.algorithms):
            problems.append(
                f"Provider {provider.name} signs with {', '.join(sorted(map(str, named)))}: add that to algorithms."
            )
    missing = set(provider.scopes) - set(_words(told.get("scopes_supported")) or provider.scopes)
    if missing:
        problems.append(
            f"Provider {provider.name} does not name the scopes {', '.join(sorted(missing))}: "
            "have them added there, or leave them out of scopes."
        )
    methods = _words(told.get("token_endpoint_auth_methods_supported")) or ["client_secret_basic"]
    if provider.client_authentication not in methods:
        problems.append(
            f"Provider {provider.name} does not take {provider.client_authentication}: "
            f"set client_authentication to one of {', '.join(methods)}."
        )
    if settings.public_url is None:
        problems.append(f"Provider {provider.name} sends people back to KORPU_PUBLIC_URL, which is not set: set it.")
    return problems


def _words(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
