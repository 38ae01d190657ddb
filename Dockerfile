# syntax=docker/dockerfile:1

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm ci --omit=dev --ignore-scripts
# better-sqlite3 brings a build for every platform, and SQLite's source. One of the builds runs here.
RUN cd node_modules/better-sqlite3 \
 && find prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
 && rm -rf deps src

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# glibc keeps freed memory apart for each of many threads: two such arenas are enough here, and take 6 MiB less.
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY LICENSE NOTICE THIRD-PARTY-LICENSES package.json ./
COPY legacy-db ./legacy-db
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A new volume mounted here belongs to the user, as the directory does: for a ledger, or for entries that wait for one.
RUN install -d -o node -g node /ledger
USER node
# The second is the ops port, where OPS_PORT says so.
EXPOSE 3000 9464
# The OCI format has no health check: podman and buildah keep it with --format docker.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s CMD ["node", "dist/cli.js", "health"]
# The program is process 1 and handles SIGTERM itself; the platform should grant it 15 seconds. No signal
# opens an inspector, not even before the program runs. About 50 MiB of JavaScript's memory are alive under load,
# but on a machine with much memory V8 lets it grow to 300 before it collects.
CMD ["node", "--disable-sigusr1", "--max-semi-space-size=8", "--max-old-space-size=192", "dist/cli.js", "serve"]
