import { onboardingVsShape } from './onboarding-vs-shape.ts';
console.log(await onboardingVsShape.measure({ isFull: process.argv[2] === 'full', say: (t) => console.log(t) }));
process.exit(0);
