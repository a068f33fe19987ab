export * from '../../src/contracts/samples.ts';
