# The shared base of every service image: Python, libsodium, the locked run-time dependencies, and no shell user.
# BASE is pinned by digest in production: docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:...
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

RUN apt-get update \
 && apt-get install -y --no-install-recommends libsodium23=1.0.* \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements/runtime.lock requirements/runtime.lock
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements/runtime.lock

# What every service stands on. A service's own image adds its own folder and the protos of those it calls.
COPY services/chassis services/chassis
COPY services/seal services/seal
COPY services/tlog services/tlog
# The operators' command, which runs where a service does, with that service's own credentials and no others.
COPY services/admin services/admin
COPY proto/gen/buf proto/gen/buf
COPY proto/gen/vouchsafe/log proto/gen/vouchsafe/log
COPY proto/gen/vouchsafe/credential proto/gen/vouchsafe/credential

ENV PYTHONPATH=/app:/app/proto/gen \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
