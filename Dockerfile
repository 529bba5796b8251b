# A static binary in an empty image: no shell, no root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/houzhen ./cmd/houzhen \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/houzhen /houzhen
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV HOUZHEN_DATA=/data HOUZHEN_LISTEN=:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/houzhen", "check", "--live", "http://127.0.0.1:8080"]
ENTRYPOINT ["/houzhen"]
CMD ["serve"]
