from rooms.agent.policies import command_line, origin_of, policy

URL = "https://visio.lozere.example:8443/rooms/villefort-visio/screen"
ORIGIN = "https://visio.lozere.example:8443"


def test_camera_microphone_and_sound_are_granted_to_one_origin() -> None:
    made = policy(URL)
    for name in ("VideoCaptureAllowedUrls", "AudioCaptureAllowedUrls", "AutoplayAllowlist"):
        assert made[name] == [ORIGIN] == [origin_of(URL)]


def test_nothing_else_opens() -> None:
    made = policy(URL)
    assert (made["URLBlocklist"], made["URLAllowlist"]) == (["*"], [ORIGIN])


def test_the_page_is_the_last_word_and_no_port_is_opened() -> None:
    line = command_line("/usr/bin/chromium", URL, "/var/lib/x", ("--headless=new",))
    assert (line[0], line[-2:]) == ("/usr/bin/chromium", ["--headless=new", URL])
    assert "--remote-debugging-pipe" in line
    assert not [word for word in line if word.startswith("--remote-debugging-port")]
