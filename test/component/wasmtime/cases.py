"""The core of the behaviour suite over the component, in Wasmtime: `python3 cases.py COMPONENT` prints one line of JSON.

The suite itself is JavaScript; these are its core cases, told once more for a runtime that has none.
"""

import json
import os
import shutil
import sys
import tempfile

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant

INTERFACE = "holdfast:storage/store@0.1.0"
EVERYTHING = Variant("everything")


class Failure(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Instance:
    """One instance of the component over a directory of its own."""

    def __init__(self, engine, component):
        self.root = tempfile.mkdtemp(prefix="holdfast-wasmtime-")
        linker = Linker(engine)
        linker.add_wasip2()
        self.store = Store(engine)
        wasi = WasiConfig()
        wasi.preopen_dir(self.root, "/")
        self.store.set_wasi(wasi)
        self.instance = linker.instantiate(self.store, component)
        self.interface = self.instance.get_export_index(self.store, INTERFACE)

    def call(self, name, *arguments):
        index = self.instance.get_export_index(self.store, name, self.interface)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        # The two sides of a result come without a tag where their types tell them apart.
        value = result.payload if isinstance(result, Variant) else result
        if isinstance(value, Record) and hasattr(value, "may-have-happened"):
            raise Failure(value.code)
        return value

    def write(self, path, content, mode="replace", conditions=()):
        return self.call("write", path, content, mode, "content", list(conditions))

    def read(self, path, part=EVERYTHING, conditions=()):
        return self.call("read", path, part, list(conditions))

    def stat(self, path):
        return self.call("stat", path, [])

    def names(self, path):
        directory, _ = self.call("open-directory", path)
        names, cursor = [], 0
        while True:
            page = self.call("[method]directory.page", directory, cursor)
            names += [entry.name for entry in page.entries]
            cursor = page.next
            if cursor == 0:
                break
        directory.drop(self.store)
        return sorted(names)

    def close(self):
        shutil.rmtree(self.root)


def fails(code, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except Failure as failure:
        equal(failure.code, code)
        return
    raise AssertionError(f"it did not fail with {code}")


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} should be {wanted!r}")


def parts(metadata):
    return (metadata.kind, metadata.size, getattr(metadata, "modified-ns"), metadata.inode)


CASES = {}


def case(title):
    def add(body):
        CASES[title] = body

    return add


@case("what is written is read, and on the disk of the host")
def _(op):
    written = op.write("a/b/file", b"content")
    equal(op.read("a/b/file"), b"content")
    equal(open(os.path.join(op.root, "a/b/file"), "rb").read(), b"content")
    equal(parts(written), parts(op.stat("a/b/file")))
    equal(parts(written)[:2], ("file", 7))


@case("contents of every size come back")
def _(op):
    for size in (0, 1, 16383, 16384, 16385, 65_536, 100_001):
        content = bytes(index % 251 for index in range(size))
        op.write("file", content)
        equal(op.read("file"), content)
        equal(op.stat("file").size, size)


@case("a replaced file is a shorter one")
def _(op):
    op.write("file", b"a long content")
    op.write("file", b"short")
    equal(op.read("file"), b"short")


@case("ranges, offsets and suffixes")
def _(op):
    op.write("file", b"0123456789")
    equal(op.read("file", Variant("from", 4)), b"456789")
    equal(op.read("file", Variant("from", 40)), b"")
    equal(op.read("file", Variant("part", (2, 3))), b"234")
    equal(op.read("file", Variant("suffix", 3)), b"789")
    equal(op.read("file", Variant("suffix", 30)), b"0123456789")
    fails("range-not-satisfied", op.read, "file", Variant("part", (8, 3)))


@case("create loses when there is something, append comes behind it")
def _(op):
    op.write("file", b"a", "create")
    fails("condition-not-match", op.write, "file", b"b", "create")
    op.write("file", b"b", "append")
    op.write("new", b"c", "append")
    equal((op.read("file"), op.read("new")), (b"ab", b"c"))


@case("conditions by etag")
def _(op):
    kind, size, modified, inode = parts(op.write("file", b"one"))
    etag = Record()
    etag.inode, etag.size = inode, size
    setattr(etag, "modified-ns", modified)
    equal(op.read("file", conditions=[Variant("if-match", etag)]), b"one")
    fails("condition-not-match", op.read, "file", conditions=[Variant("if-none-match", etag)])
    op.write("file", b"another", conditions=[Variant("if-match", etag)])
    fails("condition-not-match", op.write, "file", b"lost", conditions=[Variant("if-match", etag)])
    equal(op.read("file"), b"another")


@case("what is missing is not found, what is a directory is no file")
def _(op):
    op.call("create-directory", "a/b/")
    op.call("create-directory", "a/b/")
    equal(op.stat("a/b/").kind, "directory")
    fails("not-found", op.stat, "missing")
    fails("not-found", op.read, "missing")
    for path in ("a", "a/", "", "/", "."):
        fails("is-a-directory", op.read, path)
    for path in ("a/", "", "/", "."):
        fails("is-a-directory", op.write, path, b"x")
        fails("is-a-directory", op.call, "open-reader", path, [])
        fails("is-a-directory", op.call, "open-writer", path, "replace", "content", [])
        fails("is-a-directory", op.call, "copy", "file", path, False, "content")
        fails("is-a-directory", op.call, "rename", path, "file", False)
    op.write("file", b"")
    fails("not-found", op.stat, "file/")
    fails("not-a-directory", op.write, "file/below", b"")


@case("nothing leads out of the root")
def _(op):
    # `..` is refused before the engine is asked, links by the engine or by Wasmtime.
    op.write("file", b"x")
    for path in ("..", "../", "a/..", "a/../b", "../../etc/passwd", "nul\0", "a/nul\0/"):
        fails("invalid-path", op.stat, path)
        fails("invalid-path", op.read, path)
        fails("invalid-path", op.write, path, b"x")
        fails("invalid-path", op.call, "create-directory", path)
        fails("invalid-path", op.call, "delete", path, True)
        for transfer in (("copy", "content"), ("rename",)):
            for source, target in ((path, "file"), ("file", path), ("a/", path), (path, "a/")):
                fails("invalid-path", op.call, transfer[0], source, target, False, *transfer[1:])
        fails("invalid-path", op.call, "open-reader", path, [])
        fails("invalid-path", op.call, "open-directory", path)
        fails("invalid-path", op.call, "open-writer", path, "replace", "content", [])
    equal(os.listdir(op.root), ["file"])
    os.symlink("/etc/passwd", os.path.join(op.root, "link"))
    os.symlink("/etc", os.path.join(op.root, "directory"))
    fails("invalid-path", op.read, "link")
    fails("permission-denied", op.read, "directory/passwd")


@case("a write that is refused takes no buffer with it")
def _(op):
    more_than_a_slot = bytes(20_000)
    for _ in range(10):
        fails("invalid-path", op.write, "../file", more_than_a_slot)
        fails("is-a-directory", op.write, "a/", more_than_a_slot)
    op.write("file", more_than_a_slot)
    equal(op.stat("file").size, len(more_than_a_slot))


@case("delete, and everything below")
def _(op):
    op.write("a/b/c", b"x")
    fails("not-empty", op.call, "delete", "a/", False)
    op.call("delete", "a/b/c", False)
    op.call("delete", "a/b/c", False)
    op.call("delete", "a/", True)
    equal(op.names("/"), [])


@case("copy and rename")
def _(op):
    op.write("file", b"content")
    op.call("copy", "file", "x/copy", False, "content")
    op.call("rename", "x/copy", "y/moved", False)
    equal((op.read("file"), op.read("y/moved"), op.names("x/")), (b"content", b"content", []))
    fails("condition-not-match", op.call, "copy", "file", "y/moved", True, "content")
    fails("condition-not-match", op.call, "rename", "file", "y/moved", True)
    fails("is-same-file", op.call, "copy", "file", "file", False, "content")
    fails("not-found", op.call, "rename", "missing", "z", False)


@case("a reader stays with the content that it has opened")
def _(op):
    op.write("file", b"0123456789" * 1000)
    reader, metadata = op.call("open-reader", "file", [])
    op.write("file", b"another")
    equal(metadata.size, 10000)
    equal(op.call("[method]reader.read", reader, 9995, 100), b"56789")
    equal(op.call("[method]reader.read", reader, 10000, 100), b"")
    reader.drop(op.store)


@case("a writer has its name at the end, and nothing is left of one that was aborted or dropped")
def _(op):
    open_writer = lambda path: op.call("open-writer", path, "replace", "content", [])
    writer = open_writer("file")
    for _ in range(10):
        op.call("[method]writer.write", writer, b"x" * 100_000)
    fails("not-found", op.stat, "file")
    equal(op.call("[method]writer.close", writer).size, 1_000_000)
    writer.drop(op.store)
    for name, end in (("aborted", True), ("dropped", False)):
        writer = open_writer(name)
        op.call("[method]writer.write", writer, b"y")
        if end:
            op.call("[method]writer.abort", writer)
        writer.drop(op.store)
    equal(os.listdir(op.root), ["file"])


@case("a directory of 3,000 names is listed in pages")
def _(op):
    wanted = sorted(f"name {index}" for index in range(3000))
    os.mkdir(os.path.join(op.root, "many"))
    for name in wanted:
        open(os.path.join(op.root, "many", name), "w").close()
    equal(op.names("many/"), wanted)


@case("names come back as they are")
def _(op):
    names = ["a b", "ä", "日本", "🙂", "'\"", "line\nbreak", ".hidden", "back\\slash", "\ufeffmark", "n" * 255]
    for name in names:
        op.write(f"names/{name}", name.encode())
        equal(op.read(f"names/{name}"), name.encode())
    equal(op.names("names/"), sorted(names))
    equal(sorted(os.listdir(os.path.join(op.root, "names"))), sorted(names))
    fails("invalid-path", op.write, "n" * 256, b"")


def main():
    engine = Engine()
    component = Component.from_file(engine, sys.argv[1])
    failures = []
    for title, body in CASES.items():
        op = Instance(engine, component)
        try:
            body(op)
        except Exception as error:
            failures.append({"name": title, "message": f"{type(error).__name__}: {error}"})
        op.close()
    print(json.dumps({"passed": len(CASES) - len(failures), "failures": failures}))


main()
