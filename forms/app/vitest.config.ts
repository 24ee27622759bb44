import { defineConfig } from 'vitest/config'

/** Unit tests run in Node: the pure modules, and db/ and sync/ on an in-memory IndexedDB. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/setup.ts'],
    sequence: { shuffle: true },
    passWithNoTests: false,
    testTimeout: 60_000, // a busy machine is no failure; what hangs is still seen
  },
})
