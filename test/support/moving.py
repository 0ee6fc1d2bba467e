# SPDX-License-Identifier: Apache-2.0
"""Applies the changes that cf-originctl migrate proposes, as an administrator would, step by step."""


class Move:
    """The lines of configuration files, and what each became."""

    def __init__(self, files, written):
        self.files = {str(path): [[line] for line in path.read_text().splitlines()] for path in files}
        self.changes = [change for vhost in written["vhosts"] for change in vhost["changes"]]
        self.steps = sorted({change["step"] for change in self.changes})

    def apply(self, step):
        for change in self.changes:
            if change["step"] == step:
                getattr(self, change["op"])(self.files[change["file"]], change)

    def add(self, lines, change):
        lines[change["last_line"] - 1] += change["new"].splitlines()

    def remove(self, lines, change):
        self.replace(lines, change, [])

    def change(self, lines, change):
        self.replace(lines, change, change["new"].splitlines())

    def replace(self, lines, change, new):
        """What an earlier step wrote there, or lines of the file."""
        place, old = lines[change["line"] - 1], (change["old"] or "").splitlines()
        for index in range(len(place) - len(old) + 1):
            if old and place[index:index + len(old)] == old:
                place[index:index + len(old)] = new
                return
        for number in range(change["line"] - 1, change["last_line"]):
            del lines[number][0]
        place[:0] = new

    def edit(self, lines, change):
        for number in range(change["line"] - 1, change["last_line"]):
            lines[number] = [text.replace(change["old"], change["new"]) for text in lines[number]]

    def write(self):
        for path, lines in self.files.items():
            with open(path, "w") as file:
                file.write("".join(text + "\n" for line in lines for text in line))
