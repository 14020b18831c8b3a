import test from 'ava';

import { parseLayerfile, printLayerfile } from '../../grammar/index.ts';
import { withoutRanges } from './parsing.ts';

/** Layerfiles in the manner of those that people have written, and what is told about them, as `line code`. */
const files: Readonly<Record<string, readonly [source: string, warnings?: readonly string[]]>> = {
  'a Node app': [
    'FROM vm/ubuntu:18.04\n\n# install node\nRUN curl -fSsL https://deb.example.org/setup | bash && \\\n    apt-get install -y nodejs \\\n      yarn\nCOPY package.json yarn.lock ./\nRUN yarn install\nCOPY . .\nRUN BACKGROUND yarn start\nEXPOSE WEBSITE http://localhost:3000\nRUN npx cypress run',
  ],
  'an empty line before the first instruction and several at the end': ['\n\nFROM vm/ubuntu:22.04\nRUN true\n\n\n\n'],
  'memory first': ['#\n# Base\n#\nMEMORY 4G\nFROM vm/debian:12\n'],
  'memory behind FROM, lower case unit': ['FROM vm/ubuntu:18.04\nMEMORY 2g\n'],
  'memory behind RUN': ['FROM vm/ubuntu:18.04\nRUN true\nMEMORY 2G\n', ['3 memory-placement']],
  'docker-compose, repeatable': [
    'FROM vm/ubuntu:18.04\nRUN apt-get update && \\\n    apt-get install docker.io\nCOPY . .\nRUN REPEATABLE docker-compose build --parallel && \\\n    docker-compose up -d --remove-orphans && \\\n    docker image prune -f\nRUN for i in $(seq 1 60); do curl -f localhost && break || sleep 1; done\n',
  ],
  'a command substitution in a repository line': [
    'FROM vm/ubuntu:18.04\nRUN add-apt-repository "deb [arch=amd64] https://x.example/ubuntu $(lsb_release -cs) stable" && \\\n    apt update\n',
  ],
  'nvm as a setup file': [
    'FROM vm/debian:12\nRUN curl -o- https://x.example/install.sh | bash\nSETUP FILE ~/.nvm/nvm.sh\nRUN nvm install 20\n',
  ],
  'setup file by its older place behind USER': [
    'FROM vm/debian:12\nUSER test\nSETUP FILE /home/test/.profile .env\nRUN id\n',
  ],
  'a cache of several folders': ['FROM vm/debian:12\nCACHE ~/.npm ~/.cache/Cypress /var/lib/apt/lists\nRUN npm ci\n'],
  'parallel tests': [
    'FROM ../base\nSPLIT 5\nRUN cypress run --ci-build-id $JOB_ID --group "$SPLIT of $SPLIT_NUM"\nWAIT ../web\n',
  ],
  'unordered copies': ['FROM /base\nSPLIT UNORDERED 8\nRUN npx jest --shard\n'],
  'a deployment with a button': [
    'FROM /Layerfile\nSKIP REMAINING IF GIT_BRANCH != main\nBUTTON Deploy to production?\nSECRET ENV DEPLOY_KEY HOST_1\nRUN ./deploy.sh "$DEPLOY_KEY"\n',
  ],
  'a message in quotes with a hash': ['FROM vm/debian:12\nBUTTON "Release #1" & go\n'],
  'conditions with every operator': [
    'FROM /base/Layerfile\nSKIP REMAINING IF GIT_BRANCH!=~"^(main|master|release/.*)$" AND PULL_REQUEST_URL="" AND GIT_TAG =~ ^v[0-9]+\\.[0-9]+$ AND API_EXTRA!=full\n',
  ],
  'a commit title to skip by': ['FROM vm/debian:12\nSKIP REMAINING IF GIT_COMMIT_TITLE=~"\\[skip ci\\]"\n'],
  'an inline flag of another regular expression language': [
    'FROM vm/debian:12\nSKIP REMAINING IF GIT_BRANCH=~"(?i)dependabot"\n',
  ],
  'a dollar before the name': ['FROM vm/debian:12\nSKIP REMAINING IF $GIT_BRANCH!=main\n', ['2 condition-syntax']],
  'two websites under one address': [
    'FROM vm/debian:12\nEXPOSE WEBSITE localhost:3000 /\nEXPOSE WEBSITE localhost:8000 /api /\nEXPOSE WEBSITE https://localhost:8443/ /admin /admin\n',
  ],
  'a website with tabs between and a comment behind': ['FROM vm/debian:12\nEXPOSE WEBSITE\tlocalhost:80\t# nginx\n'],
  'a database port': ['FROM vm/debian:12\nEXPOSE TCP 5432\nEXPOSE TCP 13306 :3306\n'],
  labels: ['FROM ../base\nLABEL status=hidden\nLABEL display_name="E2E tests" status=merge\n'],
  'an old label': ['FROM ../base\nLABEL status=display\n', ['2 invalid-value']],
  'environment of many kinds': [
    'FROM vm/debian:12\nENV A=b C="d e" F=$(git rev-parse HEAD) G=`date +%s`\nENV PATH="$HOME/.local/bin:$PATH" HOME_DIR=~/x JSON=\'{"a": [1, 2]}\' EMPTY= URL=postgres://u:p@localhost:5432/db?sslmode=disable&x=1\n',
  ],
  'environment over several lines': [
    'FROM vm/debian:12\nENV A=1 \\\n    B=2 \\\n    # the third\n    C="3 4"\nRUN env\n',
  ],
  'environment as in old Dockerfiles': [
    'FROM vm/debian:12\nENV GOPATH /go\nENV GREETING hello -big world\n',
    ['2 key-without-equals', '3 key-without-equals'],
  ],
  'variables of the build': ['FROM vm/debian:12\nBUILD ENV GIT_BRANCH\nBUILD ENV JOB_ID   GIT_COMMIT RUNNER_ID\n'],
  'lower case throughout': [
    'from vm/debian:12\nrun apt-get update\ncopy . .\nrun background npm start\n',
    ['1 keyword-case', '2 keyword-case', '3 keyword-case', '4 keyword-case'],
  ],
  'the old THEN': ['FROM ubuntu:18.04\nTHEN RUN apt update\nTHEN COPY . .\n', ['2 then-prefix', '3 then-prefix']],
  'indented instructions': ['FROM vm/debian:12\n  WORKDIR /root/app\n\tCOPY . .\n    RUN make\n'],
  'Windows line ends with continued lines': [
    'FROM vm/debian:12\r\n\r\nRUN apt-get update && \\\r\n    apt-get install -y \\\r\n    # editors\r\n    nano\r\nCOPY . .\r\n',
  ],
  'a byte order mark and no last newline': ['\uFEFFFROM vm/debian:12\r\nRUN true'],
  'comments between continued lines, one of them ending in a backslash': [
    'FROM vm/debian:12\nRUN apt-get update && \\\n# first \\\n    # second\n    apt-get install a && \\\n    true\n',
  ],
  'empty lines between continued lines': [
    'FROM vm/debian:12\nRUN apt-get install -y \\\n\n    a \\\n    b\n\nCOPY . .\n',
    ['4 broken-continuation'],
  ],
  'a last line that would go on': ['FROM vm/debian:12\nRUN make && \\\n  make test \\\n'],
  'blanks behind the backslash': ['FROM vm/debian:12\nRUN make && \\ \t\n    make test\n'],
  'quotes over continued lines': [
    'FROM vm/debian:12\nRUN bash -c \'set -e; \\\n  for i in 1 2 3; do \\\n    echo "$i"; \\\n  done\'\n',
  ],
  'loops and conditions': [
    'FROM vm/debian:12\nRUN if [ -f .env ]; then \\\n      cp .env /root/.env; \\\n    else \\\n      echo none; \\\n    fi\nRUN while ! nc -z localhost 5432; do sleep 1; done\n',
  ],
  'awk, sed and find': [
    "FROM vm/debian:12\nRUN find . -name '*.log' -exec rm {} \\; && awk '{print $1}' f | sed -e 's#a#b#' -e \"s/x/\\\"y\\\"/\"\n",
  ],
  'here-documents': [
    "FROM vm/debian:12\nRUN cat > /etc/app.conf <<'EOF'\nFROM here = 1\n# kept\n\n[section]\nEOF\nRUN <<-SCRIPT\n\tset -e\n\tmake\n\tSCRIPT\nCOPY . .\n",
  ],
  'two here-documents at once': [
    'FROM vm/debian:12\nRUN cat <<A > /a && cat <<"B" > /b\none\nA\n$two\nB\nCHECKPOINT\n',
  ],
  'a shift and a here-string': ['FROM vm/debian:12\nRUN echo $((1 << 4)) && tr a b <<< "$HOME"\nCHECKPOINT shifted\n'],
  'snapshots by hand': ['FROM vm/debian:12\nCHECKPOINT disabled\nRUN ./long.sh\nCHECKPOINT test\nRUN ./test.sh\n'],
  'globs and folders to copy': [
    'FROM vm/debian:12\nCOPY package*.json ./\nCOPY src/ [a-c]*.txt /web/./public ./app/\nCOPY "my docs/read me.txt" \'/tmp/a b\'\nCOPY .env* ~\n',
  ],
  'the root of the workspace': ['FROM vm/debian:12\nCOPY / /app\nCOPY /Layerfile /shared/x.json /root/\n'],
  'working folders': [
    'FROM vm/debian:12\nWORKDIR /root\nWORKDIR app # below\nWORKDIR ../other\nWORKDIR "with blanks"\n',
  ],
  'other repositories': [
    'FROM vm/debian:12\nCLONE https://example.com/a/b.git DEFAULT=main /src /docs ~/dest\nCLONE git@example.com:a/b.git /b\nCLONE https://example.com/a/c /c\n',
  ],
  'a container image with a registry': ['FROM registry.example.com:5000/team/image:v1.2\nRUN true\n'],
  'a Layerfile of another repository': ['FROM github/owner/repo/Layerfile@130d951b92c9\nRUN true\n'],
  'an image with a suffix': ['FROM vm/ubuntu:18.04-base\nRUN true\n'],
  'other alphabets': [
    'FROM vm/debian:12 # máquina\nRUN echo "привет 世界 🎉"\nBUTTON 部署？\nLABEL display_name="Тесты"\n',
  ],
  'a service with redirections': [
    'FROM vm/debian:12\nRUN BACKGROUND (cd web && PORT=80 npm start) > web.log 2>&1\nRUN BACKGROUND redis-server --save "" --appendonly no &\n',
  ],
  'a very long line': [`FROM vm/debian:12\nRUN apt-get install -y ${'package '.repeat(5000)}\n`],
  'waiting for others': ['FROM vm/debian:12\nWAIT /web ../api ./sub/Layerfile\n'],
};

for (const [name, [source, warnings = []]] of Object.entries(files)) {
  test(`${name}: read without an error, and again after printing`, async (t) => {
    const { layerfile, diagnostics } = await parseLayerfile(source, 'app/Layerfile');
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [],
    );
    t.deepEqual(
      diagnostics.map(({ range, code }) => `${range.start.line} ${code}`),
      warnings,
    );
    const again = await parseLayerfile(printLayerfile(layerfile), 'app/Layerfile');
    t.deepEqual(withoutRanges(again.layerfile), withoutRanges(layerfile));
  });
}
