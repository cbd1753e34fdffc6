"""The managed policy of the screen's Chromium: what is granted without a click, and what is not.

Camera, microphone and sound are granted to one origin and to no other; nothing but its pages opens;
nobody signs in, keeps passwords or opens the developer tools.
"""

from typing import Any
from urllib.parse import urlsplit

FILE = "margeride.json"
FLAGS = (
    "--kiosk",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--no-first-run",
    "--hide-crash-restore-bubble",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--password-store=basic",
)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    there = urlsplit(url)
    return f"{there.scheme}://{there.netloc}"


def policy(url: str) -> dict[str, Any]:
    """The policy for the page of a room's screen."""
    origin = origin_of(url)
    return {
        "VideoCaptureAllowedUrls": [origin],
        "AudioCaptureAllowedUrls": [origin],
        "AutoplayAllowlist": [origin],
        "URLBlocklist": ["*"],
        "URLAllowlist": [origin],
        "DefaultPopupsSetting": 2,
        "DefaultNotificationsSetting": 2,
        "DefaultGeolocationSetting": 2,
        "BrowserSignin": 0,
        "SyncDisabled": True,
        "PasswordManagerEnabled": False,
        "AutofillAddressEnabled": False,
        "AutofillCreditCardEnabled": False,
        "TranslateEnabled": False,
        "MetricsReportingEnabled": False,
        "BackgroundModeEnabled": False,
        "DownloadRestrictions": 3,
        "RestoreOnStartup": 5,
    }


def command_line(browser: str, url: str, profile: str, extra: tuple[str, ...]) -> list[str]:
    """How the browser is started; it speaks with its keeper over a pipe and no port is opened."""
    own = (f"--user-data-dir={profile}", "--remote-debugging-pipe")
    return [browser, *FLAGS, *own, *extra, url]
