import test from 'ava';

import { knownCpu } from '../../vm/host-cpu.ts';

const CPUINFO = `processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC: a name
stepping\t: 1
microcode\t: 0x1000065
cpu MHz\t\t: 2249.998
flags\t\t: fpu vme sse avx2
bogomips\t: 4499.99

processor\t: 1
vendor_id\t: AuthenticAMD
`;

test('a CPU is told by its name and a hash', (t) => {
  t.regex(knownCpu(CPUINFO).line, /^AMD EPYC: a name [0-9a-f]{16}$/);
});

for (const [what, from, to] of [
  ['a feature that is switched off', 'sse avx2', 'sse'],
  ['another stepping', 'stepping\t: 1', 'stepping\t: 2'],
  ['another microcode', '0x1000065', '0x1000066'],
  ['another model of the same name', 'model\t\t: 1', 'model\t\t: 17'],
] as const)
  test(`${what} makes another CPU`, (t) => {
    t.not(knownCpu(CPUINFO.replace(from, to)).line, knownCpu(CPUINFO).line);
  });

test('how fast it happens to run, and its other processors, do not make another CPU', (t) => {
  t.is(knownCpu(CPUINFO.replace('2249.998', '3100.001')).line, knownCpu(CPUINFO).line);
  t.is(knownCpu(CPUINFO.split('\n\n', 1)[0]!).line, knownCpu(CPUINFO).line);
});

test('the CPU that is known is not hashed again, and another one is', (t) => {
  const known = { ...knownCpu(CPUINFO), line: 'remembered' };
  t.is(knownCpu(CPUINFO, known).line, 'remembered');
  t.not(knownCpu(CPUINFO.replace('sse avx2', 'sse'), known).line, 'remembered');
});
