# ingestd in a small image: docker build -t ingestd . && docker run --rm ingestd --help
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# DuckDB is linked in by cgo.
RUN go build -trimpath -o /ingestd ./cmd/ingestd

FROM debian:12.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home ingestd
COPY --from=build /ingestd /usr/local/bin/ingestd
USER ingestd
WORKDIR /home/ingestd
ENTRYPOINT ["ingestd"]
