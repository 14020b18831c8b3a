/** Why a part is ended that has not failed itself: another one has. */
export class GaveUp extends Error {
  constructor() {
    super('Another Layerfile failed');
  }
}
