import { describe, expect, it } from 'vitest';
import { countTests } from './count-tests.mjs';

const clean = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [] };
const failedTest = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
const brokenFile = { status: 'failed', assertionResults: [] };

describe('countTests', () => {
  const cases = [
    { name: 'a clean run', report: clean, status: 0, expected: { passed: 3, failed: 0, skipped: 1 } },
    {
      name: 'a failed test',
      report: { ...clean, numFailedTests: 1, testResults: [failedTest] },
      status: 1,
      expected: { passed: 3, failed: 1, skipped: 1 },
    },
    {
      name: 'a file that could not be loaded',
      report: { ...clean, testResults: [brokenFile] },
      status: 1,
      expected: { passed: 3, failed: 1, skipped: 1 },
    },
    {
      name: 'an error outside of tests',
      report: clean,
      status: 1,
      expected: { passed: 3, failed: 1, skipped: 1 },
    },
    { name: 'no report', report: undefined, status: 137, expected: { passed: 0, failed: 1, skipped: 0 } },
    { name: 'no tests', report: undefined, status: 0, expected: { passed: 0, failed: 0, skipped: 0 } },
  ];
  it.each(cases)('$name', ({ report, status, expected }) => {
    expect(countTests(report, status)).toEqual(expected);
  });
});
