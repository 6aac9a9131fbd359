import Lean.Elab.Frontend

/-!
Elaborates the module in a file and writes it where a later start of the WebAssembly build imports it from.
-/

open Lean

/-- That build knows where a constant lies only when its module declares it. The parts of compiled code are no
constants, so each is declared as one that says nothing. -/
partial def declared (names : Array Name) (i : Nat) (data : ModuleData) : ModuleData :=
  if h : i < names.size then
    let info : OpaqueVal := { name := names[i], levelParams := [], type := .const `True [],
                              value := .const `True.intro [], isUnsafe := false, all := [names[i]] }
    declared names (i + 1) { data with
      constNames := data.constNames.push names[i], constants := data.constants.push (.opaqueInfo info) }
  else data

public def main (args : List String) : IO UInt32 := do
  match args with
  | [source, target] =>
    match ← Elab.runFrontend (← IO.FS.readFile source) {} source `AssayProgram with
    | none => return 1
    | some env =>
      let data ← mkModuleData env .exported
      saveModuleData target `AssayProgram (declared data.extraConstNames 0 { data with extraConstNames := #[] })
      return 0
  | _ => return 1
