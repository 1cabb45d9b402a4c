# verification with a PKCS#11 library beside it, for issuer keys in a token. Build with the vendor's files as `hsm/` in
# the build context; what they need from the system is the vendor's to say:
#   docker build -f deploy/docker/verification-token.Dockerfile -t vouchsafe/verification DIRECTORY
ARG BASE=vouchsafe/verification:latest
FROM ${BASE}
COPY hsm /opt/hsm
