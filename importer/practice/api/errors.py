"""How the API says no: Zoho's code, words and HTTP status."""

from typing import Any


class ApiError(Exception):
    """A call that is refused as a whole."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details or {}

    def body(self) -> dict[str, Any]:
        """The one shape of error that every part of the API shares."""
        return {
            "code": self.code,
            "details": self.details,
            "message": self.message,
            "status": "error",
        }


def missing_key(key: str, path: str) -> ApiError:
    return ApiError(
        "MISSING_REQUIRED_KEY",
        f"required key {key} is not found in request body.",
        details={"api_name": key, "json_path": path},
    )


def invalid_data(key: str, path: str, **details: Any) -> ApiError:
    return ApiError(
        "INVALID_DATA", "invalid data", details={"api_name": key, "json_path": path, **details}
    )


def missing_param(name: str) -> ApiError:
    return ApiError(
        "REQUIRED_PARAM_MISSING",
        "One of the expected parameter is missing",
        details={"param_name": name},
    )


def invalid_url() -> ApiError:
    return ApiError(
        "INVALID_URL_PATTERN",
        "Please check if the URL trying to access is a correct one",
        status=404,
    )


def too_many(**details: Any) -> ApiError:
    return ApiError(
        "TOO_MANY_REQUESTS",
        "too many requests. please try again after some time",
        status=429,
        details=details,
    )
