# syntax=docker/dockerfile:1
# The server in a container: the same set-up as `npm start`, in a stage that is thrown away, and then only what it made.
# Written and linted without a container engine; each step was run in plain Debian 12 root folders instead.

FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/commucat
# npm leaves out the development packages, and set-up keeps what it builds inside the folder that is copied below.
ENV NODE_ENV=production XDG_CACHE_HOME=/opt/commucat/cache
# All that set-up reads, and nothing of the server: a change to the server does not build mediasoup's worker again.
COPY package.json package-lock.json ./
COPY scripts scripts
COPY native native
COPY signaling signaling
COPY web web
RUN node scripts/setup.mjs setup
COPY codecs codecs
COPY pipelines pipelines
COPY src src
RUN rm -rf scripts web native/codec-shim \
    && chmod -R a+rX cache node_modules

FROM debian:bookworm-slim
# The libraries that the codec shim loads, those of mediasoup's worker for where it was built and not fetched, and the relay.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
      libopenh264-7 libopus0 libspandsp2 libspeexdsp1 libvpx7 libyuv0 \
      libaom3 libavcodec59 libdav1d6 \
      libabsl20220623 libsrtp2-1 libssl3 libuv1 \
      coturn \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin commucat \
    && install --directory --owner=commucat --mode=0700 /data
WORKDIR /opt/commucat
COPY --from=build /opt/commucat .
USER commucat
ENV NODE_ENV=production \
    COMMUCAT_HOST=0.0.0.0 \
    COMMUCAT_PORT=7880 \
    COMMUCAT_MEDIA_PORT=40000 \
    COMMUCAT_TURN_PORT=3478 \
    COMMUCAT_DATA_DIR=/data
VOLUME /data
# Signalling, the media ports of the first two mediasoup workers, and the relay; docker-compose.yml says more about these.
EXPOSE 7880/tcp 40000-40001/udp 40000-40001/tcp 3478/udp 3478/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node_modules/.bin/node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; const at = `//127.0.0.1:${process.env.COMMUCAT_PORT}/healthz`; fetch(`http:${at}`).catch(() => fetch(`https:${at}`)).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node_modules/.bin/node", "src/main.ts"]
