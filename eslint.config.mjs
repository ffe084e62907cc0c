// Lint: TypeScript's strictest type-checked rules, and the import matrix of docs/architecture.md.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = path.dirname(fileURLToPath(import.meta.url));

/** Which top-level folder may import which others (itself always). */
const MAY_IMPORT = {
  native: [],
  codecs: ['native'],
  pipelines: ['codecs'],
  signaling: [],
  src: ['native', 'codecs', 'pipelines', 'signaling'],
  web: ['signaling'],
  benchmarks: '*',
  test: '*',
  scripts: ['native'],
};

const importMatrix = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { banned: '{{from}}/ may not import {{to}}/ (docs/architecture.md)' },
  },
  create(context) {
    const from = path.relative(root, context.filename).split(path.sep)[0];
    const allowed = MAY_IMPORT[from];
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== 'string' || !source.startsWith('.')) return;
      const to = path.relative(root, path.resolve(path.dirname(context.filename), source)).split(path.sep)[0];
      if (
        allowed === undefined ||
        allowed === '*' ||
        to === from ||
        allowed.includes(to) ||
        to === 'package.json'
      )
        return;
      // Unit tests stand beside their source, and may use the signal generators of test/.
      if (/\.test\.tsx?$/.test(context.filename) && to === 'test') return;
      context.report({ node, messageId: 'banned', data: { from, to } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

export default tseslint.config(
  { ignores: ['node_modules/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked],
    plugins: { commucat: { rules: { 'import-matrix': importMatrix } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      'commucat/import-matrix': 'error',
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'VariableDeclaration[kind="await using"]',
          message: 'Node 22 has no `await using`: close in finally.',
        },
        {
          selector: 'VariableDeclaration[kind="using"]',
          message: 'Node 22 has no `using`: close in finally.',
        },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    plugins: { commucat: { rules: { 'import-matrix': importMatrix } } },
    rules: { 'commucat/import-matrix': 'error', eqeqeq: 'error' },
  },
  { files: ['benchmarks/**/*.ts', 'test/demo/**/*.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
);
