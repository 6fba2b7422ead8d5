"""``upload``: what it asks of the API, what it prints, and what one bad file does to the others."""

import json
import threading

import pytest

from captionacc.cli.uploading import run_upload
from captionacc.errors import MissingDependencyError

from .conftest import Answer

PART_BYTES = 1000


class Platform:
    """An API and its store: uploads by fingerprint, parts by upload."""

    def __init__(self, serve) -> None:
        self.uploads = {}
        self.parts = {}
        self.refused = set()
        self._lock = threading.Lock()
        self.url = serve(self._answer).url

    def _answer(self, asked):
        path = asked.path.strip("/").split("/")
        with self._lock:
            if asked.method == "PUT":
                self.parts[path[0], int(path[1])] = asked.body
                return Answer(body=b"")
            if path == ["v1", "session"]:
                return Answer(body={"access_token": "t"})
            body = json.loads(asked.body or b"{}")
            if path == ["v1", "uploads"]:
                return self._begin(body)
            if path[-1] == "parts":
                numbers = body["numbers"]
                return Answer(body={"urls": {n: f"{self.url}/{path[2]}/{n}" for n in numbers}})
            if path[2] in self.refused:
                return Answer(422, {"code": "not_a_video", "detail": "It is no video."})
            return Answer(body={"video_id": f"video-{path[2]}"})

    def _begin(self, body):
        known = self.uploads.setdefault(body["fingerprint"], f"u{len(self.uploads)}")
        arrived = [{"number": part} for upload, part in self.parts if upload == known]
        return Answer(
            201,
            {
                "id": known,
                "video_id": f"video-{known}",
                "part_size_bytes": PART_BYTES,
                "parts": arrived,
            },
        )


@pytest.fixture
def platform(serve):
    """An API with a store."""
    return Platform(serve)


def make_file(path, size):
    """A file of this size."""
    path.write_bytes(bytes(index % 251 for index in range(size)))
    return path


def upload(platform, *files, as_json=False):
    """The exit code."""
    return run_upload(files, "", api_url=platform.url, as_json=as_json, is_quiet=True)


def test_ids_on_stdout_words_on_stderr(platform, tmp_path, capsys):
    """Scripts get the ids, people a sentence."""
    files = [make_file(tmp_path / f"{number}.mp4", 2500 + number) for number in range(2)]
    assert upload(platform, *files) == 0
    out, err = capsys.readouterr()
    assert out == "video-u0\nvideo-u1\n"
    assert "0.mp4 is uploaded as video video-u0." in err
    content = b"".join(platform.parts["u1", number] for number in (1, 2, 3))
    assert content == files[1].read_bytes()


def test_interrupted_upload_goes_on(platform, tmp_path, capsys):
    """Parts that have arrived are not sent again."""
    file = make_file(tmp_path / "film.mp4", 2500)
    assert upload(platform, file) == 0
    sent = dict(platform.parts)
    platform.parts = {("u0", 1): b"arrived before"}
    capsys.readouterr()
    assert upload(platform, file, as_json=True) == 0
    assert platform.parts == sent | {("u0", 1): b"arrived before"}
    assert json.loads(capsys.readouterr().out) == {
        "file": str(file),
        "video_id": "video-u0",
        "upload_id": "u0",
        "size_bytes": 2500,
        "resumed_bytes": 1000,
    }


def test_one_bad_file_does_not_stop_the_rest(platform, tmp_path, capsys):
    """The exit code is that of the first failure, and the others are uploaded."""
    refused = make_file(tmp_path / "text.mp4", 10)
    platform.refused.add("u0")
    good = make_file(tmp_path / "film.mp4", 20)
    assert upload(platform, refused, tmp_path / "missing.mp4", good) == 3
    out, err = capsys.readouterr()
    assert out == "video-u1\n"
    assert "It is no video." in err
    assert "There is no file" in err


def test_no_stack(tmp_path):
    """Without a stack the rest is not tried, and the person is told how to start one."""
    file = make_file(tmp_path / "film.mp4", 10)
    with pytest.raises(MissingDependencyError, match="captionacc up"):
        run_upload([file], "", api_url="http://127.0.0.1:9", as_json=False, is_quiet=True)
