!> The material of all points, made once for the process, before any point is evaluated.
module umat_material
  use seco
  implicit none
  type(seco_material), save :: material
end module umat_material

!> Abaqus/Standard calls this at the start of an analysis (lop = 0), of one that is restarted (lop = 4, and not
!! lop = 0 then), and at the end (lop = 3); a program of your own does the same. The environment variable
!! SECO_PARAMETERS names the parameter file.
subroutine uexternaldb(lop, lrestart, time, dtime, kstep, kinc)
  use umat_material
  implicit none
  integer :: lop, lrestart, kstep, kinc
  real(8) :: time(2), dtime
  character(1024) :: file
  integer :: code, length, i

  if (lop == 3) call seco_destroy(material)
  if (lop /= 0 .and. lop /= 4) return
  if (seco_is_created(material)) return
  call get_environment_variable('SECO_PARAMETERS', file, length)
  if (length == 0) file = 'material.prm'
  code = seco_create_from_parameters(file, 'Material 0/homogenized', material)
  if (code /= seco_ok) write (*, '(2a)') 'umat: ', seco_message()
  if (code /= seco_ok .and. code /= seco_unreliable) error stop 'umat: there is no material'
  do i = 0, seco_n_notes(material) - 1
    write (*, '(2a)') 'umat: note: ', seco_note(material, i)
  end do
end subroutine uexternaldb

!> User material of Abaqus/Standard for solids in 3D (ntens = 6) and in plane strain (ntens = 4), also called
!! by several threads at a time. The homogenized material is linear: stresses follow from the strains at the
!! end of the increment. props(1), if given, is the number of the RVE, from 0; statev(1), if given, becomes
!! the certified relative gap. Note that Abaqus rotates strains where the analysis is geometrically nonlinear;
!! this material is meant for small strains. Nothing is kept between increments, so a restart needs no state.
subroutine umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime, &
                temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt, &
                celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, jstep, kinc)
  use umat_material
  implicit none
  integer :: ndi, nshr, ntens, nstatv, nprops, noel, npt, layer, kspt, jstep(4), kinc
  real(8) :: stress(ntens), statev(nstatv), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens)
  real(8) :: drpldt, stran(ntens), dstran(ntens), time(2), dtime, temp, dtemp, predef(*), dpred(*), props(*)
  real(8) :: coords(3), drot(3, 3), pnewdt, celent, dfgrd0(3, 3), dfgrd1(3, 3)
  character(80) :: cmname
  real(8) :: strain(6), all_stress(6), tangent(6, 6), gap
  integer :: code, rve

  if (ndi /= 3) error stop 'umat: allowed are elements in 3D, plane strain and axisymmetric ones (ndi = 3)'
  rve = 0
  if (nprops > 0) then
    rve = nint(props(1))
    if (abs(props(1) - rve) > 1d-9) then
      write (*, '(a,es13.6)') 'umat: props(1), the number of the RVE, has to be an integer from 0; it is ', props(1)
      error stop 'umat: no RVE'
    end if
  end if
  ! In plane strain the components 11 22 33 12 are the first four of 11 22 33 12 13 23.
  strain = 0
  strain(1:ntens) = stran + dstran
  code = seco_evaluate(material, seco_abaqus, strain, all_stress, tangent, gap, rve)
  if (code /= seco_ok .and. code /= seco_unreliable) then
    write (*, '(a,i0,a,i0,2a)') 'umat: element ', noel, ', point ', npt, ': ', seco_message()
    error stop 'umat: no stress'
  end if
  stress = all_stress(1:ntens)
  ddsdde = tangent(1:ntens, 1:ntens)
  sse = 0.5d0 * dot_product(stress, strain(1:ntens))
  if (nstatv > 0) statev(1) = gap
end subroutine umat
