import * as assert from 'uvu/assert';
import { breaker } from '../../../src/adapters/redis/breaker.ts';
import { suite } from '../../support/suite.ts';

const test = suite('breaker');

test('lets every call through until one fails', () => {
  const circuit = breaker({ retryMs: 500 });
  assert.is(circuit.state(), 'closed');
  assert.is(circuit.permit(0), 'go');
  assert.is(circuit.succeeded(), false);
  assert.is(circuit.failed(10), true);
  assert.is(circuit.state(), 'open');
});

test('refuses every call while it is open, then sends one probe', () => {
  const circuit = breaker({ retryMs: 500 });
  circuit.failed(1_000);
  assert.is(circuit.permit(1_499), 'no');
  assert.is(circuit.permit(1_500), 'probe');
  assert.is(circuit.state(), 'half_open');
  assert.is(circuit.permit(9_999), 'no');
});

test('closes with a good probe and waits again after a bad one', () => {
  const circuit = breaker({ retryMs: 500 });
  circuit.failed(0);
  circuit.permit(500);
  assert.is(circuit.failed(600), false);
  assert.is(circuit.permit(1_099), 'no');
  assert.is(circuit.permit(1_100), 'probe');
  assert.is(circuit.succeeded(), true);
  assert.is(circuit.permit(1_101), 'go');
});

test.run();
