// What may import what (docs/architecture.md). Type imports count too, except where a rule says otherwise.

/** The layers, upper first: imports point down. */
const house = ['cli', 'instruments', 'machine', 'mps', 'platforms', 'emulator'];

/** Rooms inside a layer, upper first; those on one line are neighbours that don't know one another. */
const rooms = {
  mps: [['client'], ['arena'], ['pool'], ['heap'], ['trace'], ['space'], ['plinth']],
  platforms: [['boot'], ['toolchain', 'clib', 'windows', 'linux', 'freebsd', 'macos'], ['posix']],
  emulator: [['process'], ['loader'], ['abi'], ['memory'], ['cpu']],
};

const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const anyOf = (names) => `(${names.join('|')})`;

const layerRules = house.map((layer, i) => {
  const others = [...house.slice(0, i), 'bench', 'test', 'fixtures', 'index\\.ts'];
  return rule(`${layer}-imports-down`, { path: `^${layer}/` }, { path: `^${anyOf(others)}(/|$)` }, house.join(' -> '));
});

const roomRules = Object.entries(rooms).flatMap(([layer, tiers]) =>
  tiers.flatMap((tier, i) =>
    tier.map((room) => {
      const others = [...tiers.slice(0, i).flat(), ...tier.filter((other) => other !== room)];
      const comment = tiers.map((t) => t.join(', ')).join(' -> ');
      return rule(
        `${layer}-${room}-imports-down`,
        { path: `^${layer}/${room}/` },
        { path: `^${layer}/${anyOf([...others, 'index\\.ts'])}` },
        comment,
      );
    }),
  ),
);

export default {
  forbidden: [
    ...layerRules,
    ...roomRules,
    rule('platforms-shared-files-are-below-its-rooms', { path: '^platforms/[^/]+$' }, { path: '^platforms/[^/]+/' }),
    rule('mps-sees-the-port-alone', { path: '^mps/' }, { path: '^(platforms|emulator)/', pathNot: '^platforms/port\\.ts$' }),
    rule(
      'no-cycle-at-run-time',
      { path: `^${anyOf(house)}/` },
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
      'type imports make no cycle at run time; circles of them are counted by test/imports.mjs',
    ),
    rule('everything-is-found', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|emulator/native/(build|unicorn))' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
