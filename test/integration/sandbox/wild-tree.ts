import type { Box } from './host.ts';

/** Makes everything that a snapshot must bring back, as an agent's shell command. */
export const WILD = `
cd /testbed
echo 'x = 2' >>src/toy/__init__.py
mkdir -p build/deep/er empty/er inner "sp ace/ü é" -- --dash
echo ignored >build/deep/er/out.o; echo more >>ignored.txt
(cd inner && git init -q && echo 1 >f && git add f && git -c user.email=a@b -c user.name=a commit -qm inner)
git add -A src && git commit -qm mine && git checkout -qb branch && echo staged >staged.txt && git add staged.txt
printf 'two\\nlines' >$'new\\nline'; printf '\\377' >$'bad\\377name'; echo t >'tr:ick*[y]\\\\n'; echo d >./--dash/-rf; echo u >"sp ace/ü é/ö"
printf '\\000\\001\\377' >data.bin
rm tests/test_toy.py; rm -r tests; rm crlf.txt
rm link; mkdir link; echo in >link/in
rm -r src/toy/__pycache__ 2>/dev/null; mkdir swap; echo a >swap/a; rm latin.txt; mkdir latin.txt; echo l >latin.txt/l
rm .gitattributes; ln -s nowhere .gitattributes; rm -f run.sh; mkfifo run.sh
ln -s /etc/passwd absolute; ln -s ../../../up up; ln -s data.bin good; ln -s empty to-folder
ln data.bin hard-1; mkdir -p ~/h; ln data.bin link/hard-2; echo h >~/h/one; ln ~/h/one ~/h/two
echo secret >closed-file; chmod 000 closed-file
mkdir -p closed/in; echo c >closed/in/c; chmod 640 closed/in/c; chmod 500 closed/in; chmod 000 closed
mkdir readonly; echo r >readonly/r; chmod 555 readonly; chmod 4711 readonly/r
truncate -s 8M ~/sparse; echo end >>~/sparse
touch -d '2001-02-03 04:05:06.123456789' ignored.txt empty/er
mkdir -p /tmp/t; echo t >/tmp/t/file; touch /tmp/empty; chmod 700 /tmp/t
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/tmp/socket")'
mkdir -p ~/.config; echo conf >~/.config/c
long=$(printf 'n%.0s' $(seq 200)); mkdir -p "$long/$long"; echo long >"$long/$long/$long"
export SPECIAL=$'a\\nb=c' && cd "sp ace/ü é"
`;

/*
 * One line for each file and folder: name, type, mode, time of change, content, the first of its names. The pristine
 * repository is left out, whose files are as old as each sandbox, and so are sockets, which nothing brings back, and the
 * time of /tmp, which does not count.
 */
const LISTING = `
import hashlib, os, stat
def listed(path, first):
    info = os.lstat(path)
    kind = stat.S_IFMT(info.st_mode)
    if kind == stat.S_IFSOCK or path in (b"/testbed/.git", b"/home/agent/.session"):
        return
    closed = kind in (stat.S_IFDIR, stat.S_IFREG) and info.st_mode & 0o500 != 0o500
    if closed:
        os.chmod(path, 0o700)
    content = ""
    if kind == stat.S_IFREG:
        with open(path, "rb") as file:
            content = "%d %s" % (info.st_blocks if info.st_size > 1 << 20 else 0, hashlib.sha1(file.read()).hexdigest())
    if kind == stat.S_IFLNK:
        content = os.readlink(path)
    again = first.setdefault((info.st_dev, info.st_ino), path)
    print(ascii(path), oct(info.st_mode), 0 if path == b"/tmp" else int(info.st_mtime), content, ascii(again if kind == stat.S_IFREG else ""))
    if kind == stat.S_IFDIR:
        for name in sorted(os.listdir(path)):
            listed(path + b"/" + name, first)
    if closed:
        os.chmod(path, stat.S_IMODE(info.st_mode))
first = {}
for root in (b"/testbed", b"/tmp", b"/home/agent"):
    listed(root, first)
`;

/** What stands in a sandbox. */
export async function listingOf(box: Box): Promise<readonly string[]> {
  const output = await box.output(`python3 - <<'E'\n${LISTING}\nE`, {
    session: 'plain',
    outputBytes: 1 << 20,
  });
  return output.split('\n');
}

/**
 * What stands in its session and its repository. Without git's warnings: it tells of the odd .gitattributes only when it
 * reads a file again, which it does where the file is as new as the index, to the second.
 */
export async function sessionOf(box: Box): Promise<string> {
  return await box.output(
    'pwd; echo "$SPECIAL"; cd /testbed; git log --format=%s; git status --porcelain staged.txt src 2>/dev/null; git branch --show-current; ' +
      'git -C inner log --format=%s; stat -c %.9Y ignored.txt empty/er; cd - >/dev/null',
  );
}
