import { stem } from '../domain/text/tokens.ts'

/*
 * Words that say which way something goes, that things belong together, or that nothing was found;
 * and words for what is welcome or not. General English of reports on research, compared by stems.
 */
const UP =
  stemsOf(`increase raise rise grow growth elevate elevation enhance enhancement promote promotion induce induction upregulate upregulation activate
  activation stimulate stimulation boost accelerate acceleration augment strengthen gain higher greater more larger bigger longer faster exceed
  facilitate exacerbate amplify amplification expand expansion enrich enrichment trigger abundant abundance overexpress overexpression escalate
  hyperactive accumulate accumulation potentiate potentiation sustain prolong extend intensify worsen aggravate high positively positive often
  frequent frequently common prevalent stronger elevating surge multiply heighten heavier markedly excess robust rapid earlier upward strongly
  enable help encourage improve improvement maximize rich dense`)
const DOWN =
  stemsOf(`decrease reduce reduction lower decline diminish downregulate downregulation inhibit inhibition inhibitor suppress suppression suppressor
  impair impairment block blockade blocker attenuate attenuation prevent prevention weaken fall fell drop less fewer smaller shorter slower
  deplete depletion abolish abrogate hinder lessen loss lose deficient deficiency lack absence absent knockout knockdown silence silencing ablate ablation
  delete deletion disrupt disruption antagonist antagonize antagonism protect protection protective ameliorate amelioration alleviate mitigate limit restrict
  repress repression repressor impede interfere blunt scarce low negatively negative resist resistance resistant rare rarely seldom eliminate remove
  removal withdraw withdrawal minimize shrink lag slow delay counteract neutralize dampen curtail curb undermine hamper damage degrade degradation
  preclude arrest avoid weaker poor poorly underestimate underperform hypo null cut sparse fail failure`)
const LINK =
  stemsOf(`associate association correlate correlation link cause lead require requirement necessary essential crucial role bind interact
  interaction predict predictor predictive mediate regulate regulation regulator depend dependent dependence contribute contribution drive underlie
  control affect effect influence determine critical pivotal important involve responsible relate impact result play act function modulate marker risk factor`)
const NULL =
  stemsOf(`unrelated independent independently unaffected unchanged stable similar similarly equal equivalent comparable same constant
  insignificant nonsignificant irrelevant dispensable unnecessary unlikely insufficient inconclusive unclear unproven negligible`)
const GOOD =
  stemsOf(`improve improvement benefit beneficial effective efficacy effectiveness efficacious better success successful survival survive safe safety
  recover recovery remission cure heal superior useful protect protective accurate accuracy outperform surpass robust efficient justify healthy resolve
  advantage reliable favorable favourable tolerate enhance win best gain performance quality longevity lifespan health`)
const BAD =
  stemsOf(`worse worsen harm harmful impair impairment damage adverse toxic toxicity mortality death die fatal disease cancer tumor tumour infection
  stroke disorder syndrome fracture pain depression obesity obese error loss hallucination cost latency injury complication risk hypertension diabetes
  metastasis metastatic symptom severity relapse recurrence dementia lesion nephritis inflammation fibrosis hemorrhage haemorrhage bleeding aneurysm
  poor inferior ineffective useless detrimental hazard bias noise failure fail vulnerable vulnerability decline misuse overdose preterm miscarriage
  degeneration dysfunction malignancy apoptosis atrophy asthma arthritis anxiety suicide incident events inefficacy struggle weak overhead expensive`)

function stemsOf(source: string): ReadonlySet<string> {
  return new Set(source.split(/\s+/).map(stem))
}

/** 1 up, -1 down, 0 neither. */
export function directionOf(form: string): -1 | 0 | 1 {
  return UP.has(form) ? 1 : DOWN.has(form) ? -1 : 0
}

export function links(form: string): boolean {
  return LINK.has(form)
}

export function nullifies(form: string): boolean {
  return NULL.has(form)
}

/** 1 for what is welcome, -1 for what is not. */
export function valenceOf(form: string): -1 | 0 | 1 {
  return GOOD.has(form) ? 1 : BAD.has(form) ? -1 : 0
}
