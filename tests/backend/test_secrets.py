"""Keys: made once in development, checked elsewhere."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backend.secrets import check_key, development_key


def test_a_development_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret_key"

    first = development_key(file)

    assert development_key(file) == first == check_key("SECRET_KEY", first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret_key"]


def test_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    files = [tmp_path / "secret_key"] * 8

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(development_key, files))

    assert len(keys) == 1
