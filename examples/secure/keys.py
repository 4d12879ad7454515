"""Make certificates in the current folder, and say who may connect: those in the folder `clients`.

    python -m examples.secure.keys

Each name gets two files: `anna.key`, which anybody may have, and `anna.key_secret` for anna alone.
To let anna in, her public file is copied to where the server looks.
"""

from pathlib import Path

from zmqlite import auth

from ..program import run


def main() -> None:
    clients = Path("clients")
    clients.mkdir(exist_ok=True)
    for name in ("server", "anna", "bert"):
        auth.Certificate.generate({"name": name}).save(f"{name}.key")
        print(f"made {name}.key and {name}.key_secret")
    auth.Certificate.load_public("anna.key").save(clients / "anna.key")
    print("anna may connect, bert may not")


if __name__ == "__main__":
    run(main)
