"""`make students FOLDER=...`: the course's notebooks as a folder to hand out, by nbgitpuller for example, that holds
no solutions. The judges are not in it, for they hold the right answers: they come with lstm_tutor, once installed."""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"solutions", ".ipynb_checkpoints"}
LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*solutions/[^()\s]*\)")


def main(folder):
    if (folder / "lstm_helpers").exists():
        raise SystemExit(f"{folder} holds the course itself: name a folder of its own")
    for path in sorted((ROOT / "notebooks").rglob("*.*")):
        name = path.relative_to(ROOT)
        if path.is_file() and not LEFT_OUT & {*name.parts}:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(LINK.sub(r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, folder)
    print(
        f"{folder}: the notebooks without solutions. To update students, commit and push it; nbgitpuller does the rest."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
