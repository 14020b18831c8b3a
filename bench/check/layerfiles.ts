/** Instructions as real Layerfiles have them. */
const BODY: readonly string[] = [
  '# install what the tests need',
  'RUN apt-get update && \\',
  '    apt-get install -y curl git \\',
  '      build-essential',
  'WORKDIR /root/app',
  'ENV NODE_ENV=test PATH="$HOME/.local/bin:$PATH" BUILT=$(date +%s)',
  'COPY package.json package-lock.json ./',
  'CACHE ~/.npm ~/.cache',
  'RUN npm ci',
  '',
  'COPY . .',
  'BUILD ENV GIT_BRANCH',
  'SKIP REMAINING IF GIT_BRANCH!=~"^(main|master)$" AND API_EXTRA=full',
  'RUN BACKGROUND npm start',
  'EXPOSE WEBSITE localhost:3000 /api /',
  'RUN REPEATABLE docker-compose up -d --build',
  'RUN for i in $(seq 1 60); do curl -fs localhost:3000 && break || sleep 1; done # wait',
  'CHECKPOINT tested',
];

/** A Layerfile of `lines` lines. */
export function longLayerfile(lines: number): string {
  const body = Array.from({ length: lines - 1 }, (_, index) => BODY[index % BODY.length] ?? '');
  return ['FROM vm/debian:12', ...body].join('\n');
}

/** One of twenty lines; another number gives another text. */
export function typicalLayerfile(number: number): string {
  return ['FROM vm/debian:12', ...BODY, `RUN echo ${number}`, ''].join('\n');
}
