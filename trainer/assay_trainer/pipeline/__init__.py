"""Stages in order, as one job that can be killed: cold start, RL, rejection sampling, SFT, RL, distillation.

* `recipe`: what is to be done; a YAML file. `method`: what each stage can be.
* `registries`: the part of registry.yaml that a stage uses, with other stages' models in it.
* `plan`: which stages are done, by the content of what goes into them. `cost`: what the rest will take.
* `run`: the stages, each in a process of its own.
"""
