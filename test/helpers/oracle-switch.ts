/** Whether every save of the machine tests is looked at: `npm run test:oracle`. */
export const ORACLE_EVERYWHERE = process.env['LAYER_MEMORY_ORACLE'] === '1';
