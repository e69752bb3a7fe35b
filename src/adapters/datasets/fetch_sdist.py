"""Downloads one source distribution by pip's own index access, without building anything.

    python fetch_sdist.py NAME FILENAME DESTINATION

`pip download` prepares metadata, which runs the package's build code on this machine and needs its build backends. Here
pip's settings (index, mirrors, proxies, certificates, find-links) find the file, and the caller checks its hash.
"""

import sys

from pip._internal.commands import create_command


def main():
    name, filename, destination = sys.argv[1:]
    command = create_command("download")
    options, _ = command.parse_args(["--quiet", "--no-deps", "--no-binary", ":all:", name])
    with command.main_context():
        session = command._build_session(options)
        finder = command._build_package_finder(options=options, session=session)
        links = [candidate.link for candidate in finder.find_all_candidates(name)]
        link = next((link for link in links if link.filename == filename), None)
        if link is None:
            known = ", ".join(sorted({link.filename for link in links})[-5:]) or "no source distribution"
            sys.exit(f"pip's index has no {filename} (it has {known})")
        # The identity encoding keeps a server from sending a .tar.gz as gzip-encoded tar.
        response = session.get(link.url.split("#")[0], headers={"Accept-Encoding": "identity"}, stream=True)
        response.raise_for_status()
        with open(destination, "wb") as file:
            for chunk in response.raw.stream(1 << 16, decode_content=False):
                file.write(chunk)


if __name__ == "__main__":
    main()
