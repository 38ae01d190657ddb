# syntax=docker/dockerfile:1

# The full image has the compiler that better-sqlite3 needs where no ready-made build can be fetched.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev
# What compiled better-sqlite3 is not needed to run it: SQLite's source and the object files.
RUN cd node_modules/better-sqlite3 \
 && find build -type f ! -path build/Release/better_sqlite3.node -delete \
 && rm -rf deps src

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A new volume mounted here is the user's, as the directory is: for a ledger, or for what waits to go into one.
RUN install -d -o node -g node /ledger
USER node
# The second is the ops port, where OPS_PORT says so.
EXPOSE 3000 9464
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s CMD ["node", "dist/cli.js", "health"]
# The program is process 1 and handles SIGTERM itself; the platform should grant it 15 seconds.
CMD ["node", "dist/cli.js", "serve"]
