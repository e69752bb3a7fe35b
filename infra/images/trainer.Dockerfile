# The policy server: samples from a policy, and trains it one exact step at a time. About 6 GB, most of it torch with CUDA.
# Build it from the repository's root:  docker build -f infra/images/trainer.Dockerfile -t steadfast-trainer .
#
# BASE is any Debian 12 or newer whose python3 is 3.11 or newer and has venv.
ARG BASE=python:3.11-slim-bookworm

# Stops here with --target base: enough to see that a base will do, before torch is fetched.
FROM ${BASE} AS base
RUN python3 -c 'import sys; assert sys.version_info >= (3, 11), sys.version' \
 && python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/steadfast/trainer
COPY trainer/requirements.lock ./

FROM base
# The lock names every package with its hashes; nothing is left to resolve.
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY trainer ./
# The same user as the workers': they share the volume with the samples and the checkpoints.
RUN install -d -o 1000 -g 1000 /var/lib/steadfast
ENV PYTHONUNBUFFERED=1 \
    HOME=/var/lib/steadfast
VOLUME /var/lib/steadfast
USER 1000:1000
EXPOSE 8400
ENTRYPOINT ["python", "-m", "steadfast_trainer.serve", "--host", "0.0.0.0", "--port", "8400"]
