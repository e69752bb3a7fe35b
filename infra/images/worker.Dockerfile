# A worker of any role, and the command line: `docker run … worker --roles model`, `docker run … ls`.
# Build it from the repository's root:  docker build -f infra/images/worker.Dockerfile -t steadfast-worker .
#
# BASE is any Debian 12 or newer with Node 24 and npm on PATH; node-base.Dockerfile makes one from a Debian without them.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS dependencies
WORKDIR /opt/steadfast
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM ${BASE}
# python3 with pip fetches the sources of instances; tini hands signals on and reaps what a worker leaves. Where the base has
# them all, nothing is asked of a mirror.
RUN packages='ca-certificates git python3 python3-pip python3-venv tini' \
 && { dpkg -s $packages >/dev/null 2>&1 \
   || { apt-get update && apt-get install -y --no-install-recommends $packages && rm -rf /var/lib/apt/lists/*; }; }
WORKDIR /opt/steadfast
COPY --from=dependencies /opt/steadfast/node_modules node_modules
COPY package.json ./
# The official graders: three small packages, as locked.
COPY grader grader
RUN python3 -m pip install -q --no-cache-dir --no-deps --require-hashes --target grader/packages -r grader/requirements.lock
COPY bin bin
COPY src src
COPY examples examples
COPY infra infra
# Runs, checkpoints and caches live in the volume; what is written elsewhere ends with the container.
RUN install -d -o 1000 -g 1000 /var/lib/steadfast
ENV NODE_ENV=production \
    PATH=/opt/steadfast/bin:$PATH \
    HOME=/var/lib/steadfast \
    STEADFAST_HOME=/var/lib/steadfast \
    STEADFAST_CACHE=/var/lib/steadfast/cache
VOLUME /var/lib/steadfast
USER 1000:1000
ENTRYPOINT ["tini", "--", "steadfast"]
CMD ["--help"]
