"""Whether a browser sends a request on behalf of another site."""

from urllib.parse import urlsplit

from starlette.requests import Request


def from_elsewhere(request: Request) -> bool:
    """True if an origin is named, and it is not the practice CRM itself."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.url.netloc
